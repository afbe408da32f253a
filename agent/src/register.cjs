'use strict'
// `node --require @spyglass/agent/register app.js`: the same for --require, which any Node has.
const fs = require('fs')
const path = require('path')

const compiled = path.join(__dirname, 'agent', 'start.js')
const file = fs.existsSync(compiled) ? compiled : path.join(__dirname, 'agent', 'start.ts')
void require('./preload/preload.cjs').start(() => require(file))
