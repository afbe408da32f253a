/** `node --import @spyglass/agent/register app.js` starts the agent before the application is loaded. */
import { startAgent } from './agent/start.ts'

startAgent()
