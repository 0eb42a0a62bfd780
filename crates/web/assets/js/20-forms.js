// A form is sent once; coming back to it, it can be sent again.
addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post') return;
  const question = event.submitter?.dataset.confirm;
  if (form.dataset.sent || (question && !confirm(question))) {
    event.preventDefault();
    return;
  }
  if ('again' in form.dataset) return;
  form.dataset.sent = '1';
  form.dispatchEvent(new Event('sent'));
  event.submitter?.setAttribute('aria-disabled', 'true');
  setTimeout(() => release(form), 15000);
});
const release = (form) => {
  delete form.dataset.sent;
  $$('[aria-disabled]', form).forEach((button) => button.removeAttribute('aria-disabled'));
};
addEventListener('pageshow', (event) => { if (event.persisted) $$('form[data-sent]').forEach(release); });
// How many characters are left.
behaviour('[data-count]', (line) => {
  const field = document.getElementById(line.dataset.count);
  const most = Number(line.dataset.most);
  const count = () => {
    const left = most - [...field.value].length;
    line.textContent = left < 0 ? `超出 ${-left} 个字` : `还可以写 ${left} 个字`;
    line.classList.toggle('is-over', left < 0);
  };
  field.addEventListener('input', count);
  if (field.value) count();
});
// 以上都没有 and the other choices exclude each other.
addEventListener('change', (event) => {
  const box = event.target;
  if (box.type !== 'checkbox' || !box.checked || !box.name) return;
  const group = box.closest('.choices');
  if (group) $$('input', group).forEach((other) => {
    if (other !== box && ('apart' in box.dataset || 'apart' in other.dataset)) other.checked = false;
  });
});
// A filter applies itself.
behaviour('form[data-auto]', (form) => {
  form.addEventListener('change', () => form.requestSubmit());
  $$('[data-auto-hide]', form).forEach((button) => { button.hidden = true; });
});
