export { riskService, type RiskServiceOptions } from './risk-service.ts'
