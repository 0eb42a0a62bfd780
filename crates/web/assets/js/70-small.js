// Print, copy, and clocks that run.
behaviour('[data-print]', (button) => {
  button.hidden = false;
  button.onclick = () => print();
  if (location.hash === '#print') button.focus();
});
behaviour('[data-copy]', (button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.onclick = async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.lastElementChild || button;
    const before = words.textContent;
    words.textContent = '已复制';
    say('已复制');
    setTimeout(() => { words.textContent = before; }, 2000);
  };
});
// Minutes left when the page was made; counted down here, so the machine's own clock does not matter.
behaviour('[data-minutes-left]', (clock) => {
  const left = Number(clock.dataset.minutesLeft);
  const start = performance.now();
  const timer = setInterval(() => {
    if (!clock.isConnected) return clearInterval(timer);
    const now = left - Math.floor((performance.now() - start) / 60000);
    clock.textContent = now > 0 ? `剩余 ${now} 分钟` : '已到期限';
  }, 15000);
});
