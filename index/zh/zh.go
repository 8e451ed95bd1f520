// Package zh knows Chinese text: width, traditional and simplified characters,
// numerals, dates, n-grams and pinyin. Pure functions over strings.
//
// It must not know plans, questions or units.
package zh
