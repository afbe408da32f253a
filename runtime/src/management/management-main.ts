/** Entry of the management process. */
import { runOwnProcess } from '@spyglass/agent/own-process'
import { runManagement } from './management.ts'

await runOwnProcess(() => runManagement(process.argv.slice(2)))
