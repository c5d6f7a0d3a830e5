/** Draws the API with Redoc. */

window.Redoc.init(
  'openapi.json',
  { hideLogo: true, disableSearch: true },
  document.getElementById('api'),
);
