// What the stream of changes says besides rows and counts, which htmx swaps: the number in the title, words to read aloud.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const title = document.title.replace(/^\(\d+\) /, "");

  live.addEventListener("counts", (event) => {
    const unread = Number(event.detail.data);
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  });
  live.addEventListener("notice", (event) => {
    event.stopPropagation();
    document.dispatchEvent(new CustomEvent("notice", { detail: { text: event.detail.data } }));
  });
})();
