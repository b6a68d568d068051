def test_x(school):
    e = school("run","courses","--run-date","2026-01-01")
    print(e.text); print(school.transcript(e)); print(school.tables(), school.datasets(), school.runs(), school.steps())
    e = school("run","courses","--run-date","2026-01-01")
    print(e.text); 
