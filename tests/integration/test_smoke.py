from sqlalchemy import text
def test_health(client): assert client.get("/healthz").status_code==200
def test_session(session): assert session.execute(text("select count(*) from core_outbox")).scalar()==0
