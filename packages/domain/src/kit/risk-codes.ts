/** Why a login's risk is what it is: a closed list. */
export const riskCodes = [
  'first_login',
  'new_device',
  'device_unknown',
  'new_network',
  'network_unknown',
  'new_country',
  'country_unknown',
  'impossible_travel',
  'travel_unknown',
  'odd_hour',
  'tor_exit',
  'tor_unknown',
  'recent_failures',
  'breached_password',
  'exposed_address',
  'outside_service',
  'outside_silent',
  'recent_risk',
] as const

export type RiskCode = (typeof riskCodes)[number]
