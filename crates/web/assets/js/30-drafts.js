// What is typed is saved: on the server while typing, and at a counter in the browser until the server has it.
behaviour('form[data-autosave]', (form) => {
  const status = $('[data-saved]', form) || form.appendChild(element('p', { class: 'saved', 'data-saved': '' }));
  status.setAttribute('role', 'status');
  let timer = 0;
  let dirty = false;
  const body = () => new URLSearchParams([...fields(form), ['nonce', form.elements.nonce?.value || '']]);
  let saving = null;
  let under = null;
  const save = () => saving ||= send().finally(() => { saving = null; });
  const send = async () => {
    clearTimeout(timer);
    if (!dirty || form.dataset.sent || !form.isConnected) return;
    dirty = false;
    under = new AbortController();
    try {
      const answer = await fetch(form.dataset.autosave, { signal: under.signal, keepalive: true, method: 'POST', body: body(), headers: { Accept: 'application/json' } });
      if (!answer.ok) throw answer;
      status.textContent = `已自动保存 ${clockNow()}`;
      if (form.dataset.keep) store.drop(`keep:${form.dataset.keep}`);
    } catch {
      if (form.dataset.sent || !form.isConnected) return;
      dirty = true;
      if (under.signal.aborted) return;
      status.textContent = '暂时没有保存上，稍后会自动再试。请不要关闭页面。';
      timer = setTimeout(save, 10000);
    }
  };
  form.addEventListener('input', () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  form.addEventListener('submit', () => clearTimeout(timer));
  // The form itself brings what was being saved: a save that comes after it would find the case handed in.
  form.addEventListener('sent', () => under?.abort());
  // What reshapes the page saves all that was typed, and the form that takes this one's place saves from then on: what was
  // on its way from here would only bring older words after newer ones.
  form.addEventListener('overtaken', () => {
    if (saving) under.abort();
    if (!dirty && !saving) return;
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  // Another form of the page is sent, a file taken away for example: the page that answers shows what was typed here.
  const first = async (event) => {
    if (!form.isConnected) return removeEventListener('submit', first, true);
    if (event.target === form || !(dirty || saving) || form.dataset.sent) return;
    event.preventDefault();
    await saving;
    await save();
    dirty = false;
    event.target.requestSubmit(event.submitter);
  };
  addEventListener('submit', first, true);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && dirty && !form.dataset.sent && form.isConnected) navigator.sendBeacon(form.dataset.autosave, body());
  });
});

behaviour('form[data-keep]', (form) => {
  const key = `keep:${form.dataset.keep}`;
  const kept = store.get(key);
  const restore = () => kept.fields.forEach(([name, value]) => {
    const found = form.elements[name];
    $$(`[name="${CSS.escape(name)}"]`, form).forEach((control) => {
      if (control.type === 'checkbox' || control.type === 'radio') control.checked ||= control.value === value;
    });
    if (found && 'value' in found && !['checkbox', 'radio', 'hidden'].includes(found.type)) found.value = value;
  });
  // A page that was reshaped goes on with what was typed into it.
  if ('typed' in form.dataset) delete form.dataset.typed;
  else if (kept && Date.now() - kept.at < 12 * 3600e3 && !$('[data-error-summary]')) {
    const bar = element('div', { class: 'notice notice-info', role: 'region', 'aria-label': '未提交的内容' });
    const text = element('p', { class: 'notice-title' }, `上次有未提交的内容（${new Date(kept.at).toLocaleTimeString('zh-CN', { hour12: false })}）。`);
    const yes = element('button', { type: 'button', class: 'button button-secondary' }, '恢复');
    const no = element('button', { type: 'button', class: 'button button-quiet' }, '丢弃');
    yes.onclick = () => { restore(); bar.remove(); form.dispatchEvent(new Event('input', { bubbles: true })); };
    no.onclick = () => { store.drop(key); bar.remove(); };
    bar.append(text, yes, no);
    form.prepend(bar);
  } else if (kept) {
    store.drop(key);
  }
  form.addEventListener('input', () => store.set(key, { at: Date.now(), fields: fields(form) }));
});
// The server has it, or nobody is signed in any more: nothing stays in the browser.
behaviour('[data-kept]', (mark) => store.drop(`keep:${mark.dataset.kept}`));
behaviour('[data-forget]', () => Object.keys(localStorage).filter((k) => k.startsWith('keep:')).forEach(store.drop));
