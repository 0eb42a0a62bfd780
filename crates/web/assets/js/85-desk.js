// The browser's PDF viewer takes the focus when it is ready, and with it every key: whoever did not go there gets it back.
// While it opens, even if the pointer happens to rest on it.
let last = null;
let tabbed = -1e4;
let opened = performance.now();
addEventListener('load', (event) => { if (event.target.matches?.('iframe.view-frame')) opened = performance.now(); }, true);
addEventListener('focusin', (event) => { if (!event.target.matches('iframe')) last = event.target; });
addEventListener('keydown', (event) => { if (event.key === 'Tab') tabbed = performance.now(); }, true);
const keep = () => setTimeout(() => {
  const [frame, now] = [document.activeElement, performance.now()];
  if (!frame?.matches('iframe.view-frame') || now - tabbed < 500 || !last?.isConnected) return;
  if (now - opened < 3000 || !frame.matches(':hover')) last.focus();
});
addEventListener('blur', keep);
addEventListener('focusout', keep);
// Not every viewer tells when it takes it.
if ($('iframe.view-frame')) setInterval(keep, 300);
// Where the next act is, there is the focus: unless something must be corrected or the address says where to look.
const first = $$('[data-focus] :is(input:not([type=hidden]),select,textarea,button,a)')
  .find((one) => one.tabIndex >= 0 && one.checkVisibility());
if (first && !$('[data-error-summary]') && (!location.hash || location.hash === '#viewer')) {
  first.focus();
  // In a window behind others nothing is told.
  last = first;
}
// An answer that decides what else is asked: the part of the page that depends on it is fetched anew, with all that was
// typed; what is typed in the meantime sends it once more. What the summary told goes along: the answer says what of it
// is still so.
behaviour('form[data-reshape]', (form) => {
  const id = form.dataset.reshape;
  const lines = () => $$('[data-error-summary] a[href^="#"]').map((link) => [link, decodeURIComponent(link.hash.slice(1))]);
  const body = () => String(new URLSearchParams([...fields(form), ...lines().map(([, name]) => ['told', name])]));
  const shape = (root) => $$('[name]', root).map((one) => one.name + one.value.length * (one.type === 'radio')).join() +
    $$('.tag, .bench-end, .notice, .error', root).map((one) => one.textContent).join();
  // Lines put right go from the summary, and it with the last of them.
  const settle = (root) => {
    lines().forEach(([link, name]) => {
      const field = root.querySelector(`#${CSS.escape(name)}`);
      if (field === form || field?.matches('form')) return;
      if (!field?.closest('.has-error')) link.closest('li').remove();
    });
    if (lines().length) return;
    $('[data-error-summary]')?.remove();
    document.title = document.title.replace(/^错误：/, '');
  };
  let busy = false;
  let under = null;
  const turn = async () => {
    if (busy || form.dataset.sent) return;
    busy = true;
    form.dispatchEvent(new Event('overtaken'));
    const sent = body();
    under = new AbortController();
    try {
      const answer = await fetch(form.dataset.autosave, { signal: under.signal, method: 'POST', body: sent, headers: { 'X-Fragment': id, 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' } });
      const fresh = answer.ok && parse(await answer.text()).getElementById(id);
      busy = false;
      if (!fresh || form.dataset.sent) return;
      if (body() !== sent) return turn();
      settle(fresh);
      const old = document.getElementById(id);
      if (shape(fresh) === shape(old)) return;
      const focused = document.activeElement?.id;
      const node = document.importNode(fresh, true);
      $$('form[data-keep]', node).forEach((one) => { one.dataset.typed = ''; });
      replace(old, node);
      if (focused) document.getElementById(focused)?.focus();
    } catch {
      busy = false;
    }
  };
  const changed = (event) => {
    if (!form.isConnected) return removeEventListener('change', changed);
    if (event.target.form === form && event.target.matches('[type=radio],[type=checkbox],select')) turn();
  };
  addEventListener('change', changed);
  form.addEventListener('sent', () => under?.abort());
});
