package ports

import "strings"

// currencies holds the active ISO 4217 codes of money (list one; no funds, metals
// or test codes), each followed by a blank.
const currencies = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD " +
	"CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD " +
	"HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD " +
	"MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG " +
	"QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD " +
	"TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "

// CheckCurrency returns an [InvalidError] for field unless code is an active ISO
// 4217 code of money, in capitals.
func CheckCurrency(field, code string) error {
	if code == "" {
		return Invalid(field, "is blank")
	}
	if len(code) != 3 || strings.Contains(code, " ") || !strings.Contains(currencies, code+" ") {
		return Invalid(field, "is not an ISO 4217 code")
	}
	return nil
}

// CheckScale returns an [InvalidError] for field unless scale is 0 to [MaxScale].
func CheckScale(field string, scale int32) error {
	if scale < 0 || scale > MaxScale {
		return Invalid(field, "must be 0 to %d", MaxScale)
	}
	return nil
}
