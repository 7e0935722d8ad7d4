// What Gradio's uploads say by themselves, in our words: which of them it is, and what one sees of it.
() => {
  const WORDS = {
    "ap-files": "Files with papers: drop them here, or press to choose",
    "ap-references": "Bibliography, BibTeX or RIS: drop it here, or press to choose",
  };
  const SEEN = "Drop a file here, or click to choose one"; // shown by style/own.css
  const tabs = document.querySelector("#ap-tabs");
  if (!tabs) return;
  const say = () => {
    for (const [id, words] of Object.entries(WORDS)) {
      const seen = document.querySelector(`#${id} button .wrap:not([data-say])`);
      if (!seen) continue;
      seen.dataset.say = SEEN;
      seen.closest("button").setAttribute("aria-label", words);
    }
  };
  new MutationObserver(say).observe(tabs, { childList: true, subtree: true });
  say();
};
