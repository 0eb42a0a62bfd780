// Shared by all behaviours. Every page works without any of this.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const behaviours = [];
// Runs for what is there now and for what a later fragment brings.
const behaviour = (selector, start) => {
  behaviours.push([selector, start]);
  $$(selector).forEach(start);
};
const enhance = (root) => behaviours.forEach(([selector, start]) => {
  if (root.matches(selector)) start(root);
  $$(selector, root).forEach(start);
});
const element = (tag, attributes = {}, text = '') => {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.textContent = text;
  return made;
};
const parse = (html) => new DOMParser().parseFromString(html, 'text/html');
const replace = (old, fresh) => {
  old.replaceWith(fresh);
  enhance(fresh);
};
// Said to screen readers, and shown for a moment.
const say = (text) => {
  let place = $('#said');
  if (!place) document.body.append(place = element('div', { id: 'said', role: 'status', class: 'visually-hidden' }));
  place.textContent = text;
};
const store = {
  get: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { } },
  drop: (key) => { try { localStorage.removeItem(key); } catch { } },
};
const clockNow = () => new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false });
// What a form holds, but for what must not be kept.
const fields = (form) => [...new FormData(form)].filter(([name, value]) =>
  typeof value === 'string' && name !== 'nonce' && form.elements[name]?.type !== 'password');
