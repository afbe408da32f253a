export { type Inspector, pausedFrames } from './paused-frames.ts'
