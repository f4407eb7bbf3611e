// Jobs in slices, in a worker or, where workers are forbidden, between two events.

const SLICE = 12; // milliseconds until others get their turn

// Return a function that takes a job and drops the one before it.
function scheduler(send) {
  let running = null;
  const channel = new MessageChannel();
  const now = () => performance.now();
  channel.port1.onmessage = () => {
    const job = running;
    if (!job) return;
    const until = now() + SLICE;
    for (;;) {
      const { value, done } = job.parts.next();
      if (done) {
        running = null;
        send({ id: job.id, done: true, seconds: (now() - job.began) / 1000 });
        return;
      }
      send({ id: job.id, ...value });
      if (now() > until) break;
    }
    channel.port2.postMessage(0);
  };
  return (job) => {
    const idle = !running;
    running = { id: job.id, began: now(), parts: planeOf(job) };
    if (idle) channel.port2.postMessage(0);
  };
}
