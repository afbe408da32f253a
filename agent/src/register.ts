/** `node --import @spyglass/agent/register app.js` starts the agent before the application is loaded. */
import { start } from './preload/preload.cjs'

start()
