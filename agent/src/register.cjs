'use strict'
// `node --require @spyglass/agent/register app.js`: the same for --require, which any Node has.
require('./preload/preload.cjs').start()
