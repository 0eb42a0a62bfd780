// The error summary takes the focus; its links put the focus into the field.
behaviour('[data-error-summary]', (summary) => {
  summary.focus();
  summary.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    (field.closest('fieldset, .field') || field).scrollIntoView({ block: 'start' });
    field.focus({ preventScroll: true });
  });
});
