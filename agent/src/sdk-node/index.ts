export { startSdkNode } from './start-sdk-node.ts'
