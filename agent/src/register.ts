/**
 * `node --import @spyglass/agent/register app.js` starts the agent before the application is loaded. It imports the agent only once it is
 * known that this Node can parse it.
 */
import { start } from './preload/preload.cjs'

await start(() => import('./agent/start.ts'))
