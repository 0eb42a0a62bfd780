// A text to begin from goes into the opinion where the cursor stands; the conclusion it is meant for is chosen, if none is.
addEventListener('click', (event) => {
  const button = event.target.closest('[data-insert]');
  const field = button && document.getElementById(button.dataset.insert);
  if (!field) return;
  event.preventDefault();
  const [start, end] = [field.selectionStart, field.selectionEnd];
  const before = start && field.value[start - 1] !== '\n' ? '\n' : '';
  field.setRangeText(before + button.dataset.text, start, end, 'end');
  const [name, value] = (button.dataset.choose || '').split('=');
  const choices = name ? $$(`input[name="${name}"]`, button.form) : [];
  const wanted = choices.find((choice) => choice.value === value);
  if (wanted && !choices.some((choice) => choice.checked)) {
    wanted.checked = true;
    wanted.dispatchEvent(new Event('change', { bubbles: true }));
  }
  const blank = field.value.indexOf('____');
  field.focus();
  if (blank >= 0) field.setSelectionRange(blank, blank + 4);
  field.dispatchEvent(new Event('input', { bubbles: true }));
});
// Fields that do not matter after another answer are put away.
behaviour('[data-unless]', (part) => {
  const [name, value] = part.dataset.unless.split('=');
  const form = part.closest('form');
  const show = () => { part.hidden = form.elements[name]?.value === value; };
  form.addEventListener('change', show);
  form.addEventListener('input', show);
  show();
});
// Pictures of papers are turned and enlarged.
behaviour('[data-view]', (view) => {
  const frame = $('.view-frame', view);
  const turn = $('[data-turn]', view);
  const zoom = $('[data-zoom]', view);
  let quarter = 0;
  if (turn) {
    turn.hidden = false;
    turn.onclick = () => {
      frame.classList.remove(`is-turned-${quarter}`);
      quarter = (quarter + 1) % 4;
      frame.classList.add(`is-turned-${quarter}`);
    };
  }
  if (zoom) {
    zoom.hidden = false;
    zoom.onclick = () => {
      const large = frame.classList.toggle('is-zoomed');
      zoom.setAttribute('aria-pressed', large);
      zoom.textContent = large ? '缩小' : '放大';
    };
  }
});
