"""The tracer: loops that are right, and each fault by its name."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy as bce

from gandyn.errors import GandynError, UnknownName
from gandyn.gans import StepTracer

ONE, ZERO = torch.ones(8, 1), torch.zeros(8, 1)


class Loop:
    """A GAN and the parts of its step, by which loops are put together."""

    def __init__(self, kind=torch.optim.Adam):
        torch.manual_seed(0)
        self.G = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        self.D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        self.opt = {n: kind(self[n].parameters(), lr=1e-2) for n in "GD"}
        self.new()

    def __getitem__(self, name):
        return getattr(self, name)

    def new(self):
        self.fake = self.G(torch.randn(8, 2))

    def judged(self, x):
        return torch.sigmoid(self.D(x))

    def zero(self, *names):
        for name in names:
            self.opt[name].zero_grad()

    def g_back(self, retain=False):
        bce(self.judged(self.fake), ONE).backward(retain_graph=retain)

    def d_back(self, detach=True, retain=False):
        fake = self.fake.detach() if detach else self.fake
        real = bce(self.judged(torch.randn(8, 2)), ONE)
        (real + bce(self.judged(fake), ZERO)).backward(retain_graph=retain)

    def move(self, name):
        self.opt[name].step()

    def trace(self, step, times=2, modules=True):
        both = {"G": self.G, "D": self.D}
        with StepTracer(self.opt, both if modules else None) as tracer:
            for _ in range(times):
                self.new()
                step(self)
        return tracer.trace


def discriminator_first(loop):
    loop.zero("D")
    loop.d_back()
    loop.move("D")
    loop.zero("G")
    loop.g_back()
    loop.move("G")


def published(loop):
    """The vanilla GAN as it is published: G first, fakes from before its step."""
    loop.zero("G")
    loop.g_back()
    loop.move("G")
    loop.zero("D")
    loop.d_back()
    loop.move("D")


def both_then_both(loop):
    loop.zero("G")
    loop.g_back()
    loop.zero("D")
    loop.d_back()
    loop.move("G")
    loop.move("D")


def fresh_fakes(loop):
    loop.zero("G")
    loop.g_back()
    loop.move("G")
    loop.new()
    loop.zero("D")
    loop.d_back()
    loop.move("D")


def two_backwards(loop):
    loop.zero("D")
    bce(loop.judged(torch.randn(8, 2)), ONE).backward()
    bce(loop.judged(loop.fake.detach()), ZERO).backward()
    loop.move("D")
    loop.zero("G")
    loop.g_back()
    loop.move("G")


@pytest.mark.parametrize(
    ("step", "play", "order"),
    [
        (discriminator_first, "alternating", "DGDG"),
        (published, "simultaneous", "GDGD"),
        (both_then_both, "simultaneous", "GDGD"),
        (fresh_fakes, "alternating", "GDGD"),
        (two_backwards, "alternating", "DGDG"),
    ],
)
def test_right_loops(step, play, order):
    trace = Loop().trace(step)
    assert (trace.play, "".join(trace.order)) == (play, order)
    assert trace.findings == ()
    assert all(0 < size < 1 for size in trace.moved.values())
    assert Loop().trace(step, modules=False).play == "unknown"


def test_critic_steps_are_counted():
    def step(loop):
        for _ in range(3):
            loop.zero("D")
            loop.d_back()
            loop.move("D")
        loop.zero("G")
        loop.g_back()
        loop.move("G")

    trace = Loop().trace(step, times=1)
    assert trace.order == ("D", "D", "D", "G")
    assert trace.findings == ()


def told(step, times=2):
    return Loop().trace(step, times).findings


def test_stale_gradients():
    def step(loop):
        loop.zero("D")
        loop.d_back()
        loop.move("D")
        loop.g_back()
        loop.move("G")

    (found,) = told(step)
    assert found.startswith("G steps on gradients that are older than its last step")
    assert told(step, times=1) == ()


def test_gradients_of_the_generators_loss_in_the_discriminators_step():
    def step(loop):
        loop.zero("D", "G")
        loop.g_back()
        loop.move("G")
        loop.d_back()
        loop.move("D")

    (found,) = told(step, times=1)
    assert found.startswith("D steps on gradients of G's loss as well")


def test_fakes_that_are_not_detached():
    def wasteful(loop):
        loop.zero("D")
        loop.d_back(detach=False, retain=True)
        loop.move("D")
        loop.zero("G")
        loop.new()
        loop.g_back()
        loop.move("G")

    def leaking(loop):
        loop.zero("D", "G")
        loop.d_back(detach=False)
        loop.move("D")
        loop.new()
        loop.g_back()
        loop.move("G")

    (waste,) = told(wasteful)
    assert waste.startswith("the backward pass of D's loss reaches G")
    leak, reached = told(leaking, times=1)
    assert leak.startswith("G steps on gradients of D's loss as well")
    assert reached == waste


def test_one_loss_for_both():
    def step(loop):
        loop.zero("G", "D")
        loop.g_back()
        loop.move("G")
        loop.move("D")

    assert told(step) == ("D and G step on gradients of one backward pass",)


def test_players_that_stay_where_they_are():
    def only_g(loop):
        loop.zero("G")
        loop.g_back()
        loop.move("G")

    (still,) = told(only_g)
    assert still == "D does not move: its optimizer made no step"
    loop = Loop(torch.optim.SGD)
    loop.opt["D"].param_groups[0]["lr"] = 0.0
    trace = loop.trace(discriminator_first)
    assert trace.findings == ("D does not move: its learning rate is 0",)
    assert trace.moved["D"] == 0

    def ungraded(loop):
        loop.zero("D", "G")
        loop.g_back()
        loop.move("G")
        loop.zero("D")
        loop.move("D")

    assert "D does not move: it has no gradient" in told(ungraded)


def test_changes_outside_the_optimizer():
    def clipped(loop):
        discriminator_first(loop)
        for p in loop.D.parameters():
            p.data.clamp_(-0.01, 0.01)

    (found,) = told(clipped)
    assert found.startswith("D's parameters changed outside its optimizer")


def test_parameters_that_nobody_moves_or_two_do():
    loop = Loop()
    loop.opt["D"] = torch.optim.Adam(loop.D[2].parameters())
    (found,) = loop.trace(discriminator_first).findings
    assert found == "D: no optimizer moves 0.weight, 0.bias"
    loop = Loop()
    everything = [*loop.D.parameters(), *loop.G.parameters()]
    loop.opt["D"] = torch.optim.Adam(everything)
    found = loop.trace(discriminator_first).findings
    assert "G and D share 6 tensors of parameters" in found
    assert any("tensors that its module doesn't have" in line for line in found)


def test_a_gradient_that_is_not_finite():
    def step(loop):
        discriminator_first(loop)
        loop.zero("D")
        (torch.nan * loop.D(torch.randn(8, 2)).sum()).backward()
        loop.move("D")

    assert "D steps on gradients that are not finite" in told(step, times=1)


def test_training_is_the_same_and_hooks_go():
    ends = []
    for traced in (False, True):
        loop = Loop()
        torch.manual_seed(1)
        if traced:
            loop.trace(published)
        else:
            for _ in range(2):
                loop.new()
                published(loop)
        ends.append(torch.cat([p.detach().ravel() for p in loop.G.parameters()]))
    assert torch.equal(*ends)
    assert not loop.G._forward_pre_hooks
    assert not loop.opt["G"]._optimizer_step_pre_hooks
    assert not any(p._backward_hooks for p in loop.G.parameters())


def test_an_error_in_the_loop_is_the_loops():
    loop = Loop()

    def step(loop):
        discriminator_first(loop)
        _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        loop.trace(step)
    assert not loop.opt["G"]._optimizer_step_pre_hooks


def test_bad_input_is_named():
    loop = Loop()
    with pytest.raises(GandynError, match="player G: Sequential is not a torch optim"):
        StepTracer({"G": loop.G})
    with pytest.raises(UnknownName, match="unknown player 'gen'"):
        StepTracer(loop.opt, {"gen": loop.G})
    trace = loop.trace(lambda _: None)
    assert trace.order == ()
    assert len(trace.findings) == 2
