/** Greys the page unless it was told a moment ago that what it shows is live, and for good once
 * anything in it has failed. No imports: it runs when the rest does not. */
(() => {
  /** Longest time between two beats of the page [ms]. */
  const BEAT_MS = 2000;
  const root = document.documentElement;
  const FAILED =
    'This page has failed: what it shows may be wrong. Load it again. STOP still works.';
  let beatAt = performance.now();
  let hasFailed = false;

  /** Shows whether the page is live, and says why it is not. */
  const show = (isLive, word) => {
    root.classList.toggle('grey', !isLive);
    const said = document.getElementById('live-said');
    if (said && said.textContent !== word) said.textContent = word;
  };

  const fail = () => {
    hasFailed = true;
    show(false, FAILED);
  };

  document.addEventListener('beat', ({ detail }) => {
    beatAt = performance.now();
    if (!hasFailed) show(detail.isLive, detail.word);
  });
  // Who has missed one message may show what is not so: there is no way back.
  window.addEventListener('error', fail);
  window.addEventListener('unhandledrejection', fail);
  setInterval(() => {
    if (performance.now() - beatAt > BEAT_MS) show(false, FAILED);
  }, 250);
})();
