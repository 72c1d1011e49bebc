// The part of a notebook's widget model that a demo uses.
function modelOf(state) {
  const listeners = {};
  return {
    get: (trait) => state[trait],
    set(trait, value) {
      if (state[trait] === value) return;
      state[trait] = value;
      for (const react of listeners[`change:${trait}`] ?? []) react();
    },
    save_changes() {},
    on: (event, react) => (listeners[event] ??= new Set()).add(react),
    off: (event, react) => listeners[event]?.delete(react),
  };
}
// Bytes travel as { "$bytes": base64 } and arrive as a notebook hands them over, as a DataView.
function withBytes(key, value) {
  if (typeof value?.$bytes !== "string") return value;
  return new DataView(Uint8Array.from(atob(value.$bytes), (letter) => letter.charCodeAt(0)).buffer);
}
