// What Gradio says by itself to those who listen, in our words: which of the uploads it is.
() => {
  const WORDS = {
    "ap-files": "Files with papers: drop them here, or press to choose",
    "ap-references": "Bibliography, BibTeX or RIS: drop it here, or press to choose",
  };
  const tabs = document.querySelector("#ap-tabs");
  if (!tabs) return;
  const say = () => {
    for (const [id, words] of Object.entries(WORDS)) {
      const button = document.querySelector(`#${id} button[aria-label^="Click to upload"]`);
      button?.setAttribute("aria-label", words);
    }
  };
  new MutationObserver(say).observe(tabs, { childList: true, subtree: true });
  say();
};
