package retry

func (o *Outage) isDown() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.down
}
