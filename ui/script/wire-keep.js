// A new value goes to the page's scripts.
watch("value", () => document.dispatchEvent(new CustomEvent("ap-keep", { detail: props.value })));
