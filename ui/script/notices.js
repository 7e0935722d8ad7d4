// Notices in the header: read once, they stay away in this browser, after a reload, too.
() => {
  const KEY = "askpapers.read";
  const header = document.querySelector("#ap-header");
  if (!header) return;
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? "[]");
    } catch {
      return [];
    }
  };
  const hide = () => {
    const known = read();
    header.querySelectorAll(".ap-notice").forEach((notice) => {
      notice.hidden = known.includes(notice.dataset.text);
    });
  };
  header.addEventListener("click", (event) => {
    const notice = event.target.closest(".ap-dismiss")?.closest(".ap-notice");
    if (!notice) return;
    localStorage.setItem(KEY, JSON.stringify([...read(), notice.dataset.text].slice(-50)));
    hide();
  });
  new MutationObserver(hide).observe(header, { childList: true, subtree: true });
  hide();
};
