// Files go up one after another, with progress. The list afterwards is the server's own page.
const sizeWords = (bytes) => bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1).replace('.0', '')} MB` : `${Math.ceil(bytes / 1024)} KB`;

behaviour('form[data-upload]', (form) => {
  const input = $('input[type=file]', form);
  const list = $('[data-files]', form);
  const drop = $('[data-drop]', form);
  const row = input.parentElement;
  const accepted = input.accept.split(',');
  const most = Number(form.dataset.maxBytes);
  const queue = [];
  let busy = false;
  let page = null;

  form.classList.add('is-live');
  const button = (text, icon, name) => {
    const made = element('button', { type: 'button', class: `button button-secondary ${name}` });
    const picture = $('.upload-send .icon', form).cloneNode(true);
    const use = picture.firstElementChild;
    use.setAttribute('href', use.getAttribute('href').replace('#upload', `#${icon}`));
    made.append(picture, element('span', {}, text));
    return made;
  };
  const choose = button('选择文件', 'file', 'upload-choose');
  choose.onclick = () => input.click();
  input.tabIndex = -1;
  input.setAttribute('aria-hidden', 'true');
  const describedBy = input.getAttribute('aria-describedby');
  choose.setAttribute('aria-describedby', describedBy);
  if (input.dataset.key) {
    choose.dataset.key = input.dataset.key;
    choose.append(element('kbd', {}, input.dataset.key));
    delete input.dataset.key;
  }
  row.prepend(choose);
  if (matchMedia('(pointer: coarse)').matches) {
    const camera = element('input', { type: 'file', accept: 'image/*', capture: 'environment', hidden: '' });
    const shoot = button('拍照', 'camera', 'upload-shoot');
    shoot.onclick = () => camera.click();
    camera.onchange = () => { add(camera.files); camera.value = ''; };
    row.append(shoot, camera);
  } else {
    row.append(element('span', { class: 'upload-tip' }, '或把文件拖到这里'));
  }
  input.addEventListener('change', () => { add(input.files); input.value = ''; });
  ['dragenter', 'dragover'].forEach((name) => drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('is-over');
  }));
  ['dragleave', 'drop'].forEach((name) => drop.addEventListener(name, () => drop.classList.remove('is-over')));
  drop.addEventListener('drop', (event) => { event.preventDefault(); add(event.dataTransfer.files); });

  const refusal = (file) => {
    if (!file.size) return `“${file.name}”是空文件，里面没有内容。请检查后重新选择。`;
    if (file.size > most) return `“${file.name}”超过 ${sizeWords(most)}。请压缩、降低扫描分辨率或拆成几个文件后再上传。`;
    if (file.name.includes('.') && !accepted.some((ending) => file.name.toLowerCase().endsWith(ending))) {
      return `“${file.name}”的格式不能接受。请上传 ${accepted.map((e) => e.slice(1).toUpperCase()).join('、')} 文件。`;
    }
    return '';
  };
  const fail = (item, message, again) => {
    item.line.classList.add('has-error');
    $('progress', item.line)?.remove();
    $('.error', item.line)?.remove();
    item.line.append(element('p', { class: 'error' }, message));
    if (again) {
      const retry = element('button', { type: 'button', class: 'button-quiet' }, '重试');
      retry.onclick = () => { item.line.remove(); add([item.file]); };
      item.line.append(retry);
    }
    say(message);
  };
  const add = (files) => {
    [...files].forEach((file) => {
      const line = element('li', { class: 'file is-new' });
      line.append(element('span', { class: 'file-name' }, file.name), element('span', { class: 'file-size' }, sizeWords(file.size)));
      list.append(line);
      const item = { file, line };
      const why = refusal(file);
      if (why) fail(item, why);
      else {
        line.append(element('progress', { max: 1, value: 0, 'aria-label': `正在上传 ${file.name}` }));
        queue.push(item);
      }
    });
    next();
  };
  const next = () => {
    if (busy) return;
    const item = queue.shift();
    if (!item) return finish();
    busy = true;
    const data = new FormData();
    $$('input[type=hidden]', form).forEach((hidden) => data.append(hidden.name, hidden.value));
    data.append(input.name, item.file);
    const request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('Accept', 'text/html');
    request.upload.onprogress = (event) => {
      const bar = $('progress', item.line);
      if (bar && event.lengthComputable) bar.value = event.loaded / event.total;
    };
    request.onloadend = () => {
      busy = false;
      const answer = parse(request.responseText || '');
      const twin = answer.getElementById(input.id)?.closest('form');
      const problem = twin && ($('.upload-drop .error', twin)?.lastChild.textContent || '').trim();
      if (!request.status) fail(item, `“${item.file.name}”没有上传成功。请检查网络后重新上传。`, true);
      else if (twin && !problem && request.status < 400) {
        page = answer;
        item.line.remove();
        say(`已上传 ${item.file.name}`);
      } else fail(item, problem || $('.lead', answer)?.textContent || `“${item.file.name}”没有上传成功。请稍后重新上传。`, !problem);
      next();
    };
    request.send(data);
  };
  const finish = () => {
    if (!page) return;
    const failed = $$('.file.is-new.has-error', list);
    // The whole material where the answer shows it, so that its state changes too; otherwise the form alone.
    const scope = form.closest('[data-refresh][id]');
    const whole = scope && page.getElementById(scope.id);
    const twin = whole || page.getElementById(input.id).closest('form');
    const old = whole ? scope : form;
    // What else on the page counts the materials: how many are missing, what the button that leads on says.
    $$('[data-follows][id]').forEach((part) => {
      const now = page.getElementById(part.id);
      if (now) part.replaceWith(document.importNode(now, true));
    });
    page = null;
    const place = document.importNode(twin, true);
    replace(old, place);
    const lines = $('[data-files]', place);
    if (lines) lines.append(...failed);
    ($('.upload-choose', place) || place).focus();
  };
});
