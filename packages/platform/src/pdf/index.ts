export { renderReport } from './render-report.ts'
export type { Line, Report } from './report.ts'
