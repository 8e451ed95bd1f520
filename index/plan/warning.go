package plan

func (p *parser) warn() {}
