/** Draws the API with Redoc. */

import { init } from './vendor/redoc.js';

init('openapi.json', { hideLogo: true, disableSearch: true }, document.getElementById('api'));
