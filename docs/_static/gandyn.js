// The explorer in a frame has no view of this page: it is told whether that is dark.
const tellTheme = () => {
  for (const frame of document.querySelectorAll(".explorer iframe")) {
    frame.contentWindow.postMessage(document.documentElement.dataset.theme, "*");
  }
};
document.addEventListener("DOMContentLoaded", () => {
  for (const frame of document.querySelectorAll(".explorer iframe")) frame.addEventListener("load", tellTheme);
  new MutationObserver(tellTheme).observe(document.documentElement, { attributeFilter: ["data-theme"] });
});
