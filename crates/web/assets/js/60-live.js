// A part of the page is fetched and replaced; if anything is odd, the browser goes there as it would have.
const load = async (address, id, push) => {
  const old = document.getElementById(id);
  old.setAttribute('aria-busy', 'true');
  old.classList.add('is-busy');
  try {
    const answer = await fetch(address, { headers: { 'X-Fragment': id, Accept: 'text/html' } });
    const fresh = answer.ok && parse(await answer.text()).getElementById(id);
    if (!fresh) throw answer;
    const focused = document.activeElement?.id;
    replace(old, document.importNode(fresh, true));
    if (focused) document.getElementById(focused)?.focus();
    if (push) history.pushState({ live: 1 }, '', answer.url);
    return true;
  } catch {
    old.removeAttribute('aria-busy');
    old.classList.remove('is-busy');
    return false;
  }
};
addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-live]');
  if (!link || event.ctrlKey || event.shiftKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  if (!await load(link.href, link.dataset.live, true)) location.assign(link.href);
});
addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.dataset.live || form.method !== 'get') return;
  event.preventDefault();
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form, event.submitter));
  if (!await load(address, form.dataset.live, true)) location.assign(address);
});
addEventListener('popstate', (event) => { if (event.state?.live || !location.hash) location.reload(); });
// Boards: the element fetches itself anew every so many seconds while someone looks.
behaviour('[data-poll][id]', (part) => {
  const timer = setInterval(async () => {
    if (!part.isConnected) return clearInterval(timer);
    if (document.hidden) return;
    const stale = $('[data-stale]');
    const fresh = await load(location.href, part.id, false);
    if (stale) stale.hidden = fresh;
  }, Number(part.dataset.poll) * 1000);
});
