/** Entry of the management process. */
import { runOwnProcess } from '@spyglass/process/own-process'
import { runManagement } from './management.ts'

await runOwnProcess({ command: 'management', summary: 'Jolokia, Prometheus and administration of one server', main: runManagement })
