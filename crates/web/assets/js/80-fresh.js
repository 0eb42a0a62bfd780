// A form that may have been sent since is fetched anew when the browser brings it back out of its memory.
addEventListener('pageshow', (event) => { if (event.persisted && $('[data-fresh]')) location.reload(); });
