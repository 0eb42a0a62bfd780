// Shared helpers.
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
