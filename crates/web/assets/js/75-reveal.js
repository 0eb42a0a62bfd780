// Shows the password being typed; it is hidden again before it is sent, so that no browser keeps it as plain text.
behaviour('[data-reveal]', (button) => {
  const field = document.getElementById(button.dataset.reveal);
  if (!field) return;
  const show = (shown) => {
    field.type = shown ? 'text' : 'password';
    button.textContent = shown ? '隐藏密码' : '显示密码';
  };
  button.hidden = false;
  button.onclick = () => {
    show(field.type === 'password');
    say(field.type === 'text' ? '密码已显示' : '密码已隐藏');
  };
  field.form?.addEventListener('submit', () => show(false));
});
