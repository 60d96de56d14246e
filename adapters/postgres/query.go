package postgres

import (
	"strconv"
	"strings"
)

// query is a statement under construction. Each "$?" stands for the next argument.
type query struct {
	sql        string
	conditions []string
	end        string
	args       []any
}

func (q *query) where(condition string, args ...any) {
	q.conditions = append(q.conditions, q.number(condition, args))
}

func (q *query) tail(text string, args ...any) { q.end = q.number(text, args) }

func (q *query) number(text string, args []any) string {
	for _, arg := range args {
		q.args = append(q.args, arg)
		text = strings.Replace(text, "$?", "$"+strconv.Itoa(len(q.args)), 1)
	}
	return text
}

func (q *query) text() string {
	if len(q.conditions) == 0 {
		return q.sql + " " + q.end
	}
	return q.sql + " WHERE " + strings.Join(q.conditions, " AND ") + " " + q.end
}
