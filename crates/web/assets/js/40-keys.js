// Keys press what shows them. Single letters only for those who switched them on.
const spelled = (event) => [
  event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.shiftKey && event.key.length > 1 && 'Shift',
  event.altKey && event.code.startsWith('Digit') ? event.code.slice(5) : event.key.length === 1 ? event.key.toUpperCase() : event.key,
].filter(Boolean).join('+');
const letters = () => store.get('letters') === true;
const typing = (target) => target.closest('input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]');

const move = (by) => {
  const rows = $$('[data-rows] tbody tr');
  const at = rows.findIndex((row) => row.classList.contains('is-current'));
  const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  if (!row) return;
  rows[at]?.classList.remove('is-current');
  row.classList.add('is-current');
  ($('a', row) || row).focus();
  row.scrollIntoView({ block: 'nearest' });
};
const lists = { J: () => move(1), K: () => move(-1), O: () => $('[data-rows] tr.is-current a')?.click() };

addEventListener('keydown', (event) => {
  if (event.isComposing || event.metaKey) return;
  const key = spelled(event);
  if (key.length === 1 && (!letters() || typing(event.target))) return;
  const same = $$('[data-key]').filter((one) => one.dataset.key.toUpperCase() === key.toUpperCase() && one.checkVisibility());
  // A key of every row is that of the row one is in.
  const target = same.find((one) => one.closest('[data-refresh]')?.contains(event.target)) || same[0];
  const list = !target && $('[data-rows]') && lists[key];
  if (!target && !list) return;
  event.preventDefault();
  if (list) list();
  else if (target.matches('input:not([type=checkbox],[type=radio],[type=file]), select, textarea')) {
    target.focus();
    target.select?.();
  } else {
    target.focus();
    target.click();
  }
});
behaviour('[data-letters]', (box) => {
  box.closest('[hidden]')?.removeAttribute('hidden');
  box.checked = letters();
  box.addEventListener('change', () => store.set('letters', box.checked));
});
