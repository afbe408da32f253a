export { SlidingWindow } from './sliding-window.ts'
