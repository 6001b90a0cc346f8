"""Sales checked by pydantic, as a service of that kind would; nothing is stored."""
import datetime
import decimal

import fastapi
import pydantic


class Sale(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    InvoiceNo: str
    StockCode: str
    Description: str | None = None
    Quantity: int
    InvoiceDate: datetime.datetime
    UnitPrice: decimal.Decimal = pydantic.Field(max_digits=12, decimal_places=3)
    CustomerID: int | None = None
    Country: str

    @pydantic.field_validator("InvoiceDate", mode="before")
    @classmethod
    def parse_date(cls, text):
        return datetime.datetime.strptime(text, "%m/%d/%Y %H:%M")


app = fastapi.FastAPI()


@app.post("/sales")
async def post_sale(sale: Sale):
    return {"accepted": 1}
