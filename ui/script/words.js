// The page's words in the visitor's language: ui/words.json has them all, and says by which selectors
// what papers, answers and people say is left as it stands. What Gradio says by itself is put into our
// words, in English, too.
() => {
  const KEY = "askpapers.language"; // chosen in Settings; else the browser's language counts
  const NAMED = ["aria-label", "title", "placeholder", "data-say"];
  const { languages, foreign, ours, words } = window.askpapers.words;
  const chosen = localStorage.getItem(KEY) ?? "";
  const known = (code) => Object.keys(languages).find((one) => one === code.toLowerCase().split("-")[0]);
  const language = known(chosen) ?? navigator.languages.map(known).find(Boolean) ?? "en";

  // {a}, {b} and {c} stand for any words, other letters for numbers.
  const gap = (_, name) => ("abc".includes(name) ? `(?<${name}>.+?)` : `(?<${name}>[\\d.,]+)`);
  const exact = new Map();
  const patterns = [];
  for (const [text, said] of Object.entries(words)) {
    const now = said[language];
    if (!now) continue;
    const escaped = text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    if (text.includes("{")) patterns.push([RegExp(`^${escaped.replace(/\{(\w)\}/g, gap)}$`, "su"), now]);
    else exact.set(text, now);
  }

  const filled = (text) => {
    for (const [pattern, now] of patterns) {
      const { groups } = pattern.exec(text) ?? {};
      if (groups) return now.replace(/\{(\w)\}/g, (_, name) => say(groups[name]));
    }
    return text;
  };
  const say = (text) => exact.get(text) ?? filled(text);
  window.askpapers = { ...window.askpapers, say };

  const put = (text) => {
    const [, before, words_, after] = /^(\s*)(.*?)(\s*)$/su.exec(text);
    return /\p{L}/u.test(words_) ? before + say(words_.replace(/\s+/g, " ")) + after : text;
  };
  const isForeign = (element) => element?.closest(`${foreign}, ${ours}`)?.matches(`:not(${ours})`);
  const turnText = (node) => {
    const now = isForeign(node.parentElement) ? node.data : put(node.data);
    if (now !== node.data) node.data = now;
  };
  const turnNamed = (element, name) => {
    const text = element.getAttribute(name);
    const now = text && put(text);
    if (now && now !== text) element.setAttribute(name, now);
  };

  const turn = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return turnText(root);
    if (root.nodeType !== Node.ELEMENT_NODE || root.matches("script, style")) return;
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      if (!texts.currentNode.parentElement.matches("script, style, textarea")) turnText(texts.currentNode);
    }
    const within = (css) => [...(root.matches(css) ? [root] : []), ...root.querySelectorAll(css)];
    for (const name of NAMED) within(`[${name}]`).forEach((element) => turnNamed(element, name));
    within("#ap-language").forEach((choice) => (choice.value = chosen));
    if (language === "en") return;
    within(`${foreign}, ${ours}`).forEach(speak);
  };
  // Read aloud as what it is.
  const speak = (element) => (element.lang ||= element.matches(ours) ? language : "en");

  document.addEventListener("change", (event) => {
    if (event.target.id !== "ap-language") return;
    localStorage.setItem(KEY, event.target.value);
    location.reload();
  });
  document.documentElement.lang = language;
  new MutationObserver((changes) =>
    changes.forEach(({ type, target, attributeName, addedNodes }) => {
      if (attributeName === "lang") speak(target); // Gradio takes away what it doesn't know
      else if (type === "attributes") turnNamed(target, attributeName);
      else if (type === "characterData") turnText(target);
      else addedNodes.forEach(turn);
    }),
  ).observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: language === "en" ? NAMED : [...NAMED, "lang"],
  });
  turn(document.body);
};
