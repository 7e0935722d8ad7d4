// The page's scripts send events through this component: askpapers.send("submit", {...}).
window.askpapers = { ...window.askpapers, send: (event, data) => trigger(event, data) };
// In quotes, for the component's own list of events: "submit" "clear" "select" "like" "download".
