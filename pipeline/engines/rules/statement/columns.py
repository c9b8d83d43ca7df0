"""The columns of a statement's table of transactions, as banks head them."""

from __future__ import annotations

from stores.models import Field, FieldKind


def _column(name: str, kind: FieldKind, labels: str) -> Field:
    return Field(name=name, kind=kind, labels=tuple(labels.split("|")))


TRANSACTIONS = Field(
    name="transactions",
    kind=FieldKind.ROWS,
    fields=(
        _column(
            "date",
            FieldKind.DATE,
            "Date|Transaction date|Trans. date|Posting date|Post date|Booking date|Posted|"
            "Tran date|Trans date|Date paid|Date credited|Buchungstag|Buchung|Bu.Tag|"
            "Buchungsdatum|Datum|Date opération|Date de l'opération|"
            "交易日期|交易日|记账日期|记账日|日期|交易时间|入账日期|入账日",
        ),
        _column(
            "value_date", FieldKind.DATE, "Value date|Value|Wertstellung|Valuta|Wert|Date valeur|Date de valeur|起息日"
        ),
        _column(
            "description",
            FieldKind.TEXT,
            "Description|Details|Particulars|Transaction|Transactions|Transaction details|Transaction description|"
            "Narrative|Narration|Reference|Transaction type and details|Transaction type|Remarks|Party|"
            "Activity|Purchases|Payments and credits|"
            "Wir haben für Sie gebucht|Buchungsinformationen|Buchungstext Verwendungszweck|"
            "Payee|Memo|Payment type and details|Verwendungszweck|Buchungstext|Vorgang|"
            "Text|Erläuterung|"
            "Libellé|Opération|Opérations|Nature de l'opération|"
            "Désignation|摘要|交易摘要|交易类型|附言|说明|交易说明|对方户名",
        ),
        _column(
            "debit",
            FieldKind.NUMBER,
            "Debit|Debits|Withdrawals|Withdrawal|Withdraw|Withdrawn|Money out|Paid out|Payments|Charges|Purchases|"
            "Soll|Belastung|"
            "Betrag Soll|Lastschrift|Lasten|Zu Ihren Lasten|Ausgang|Débit|借方|借方发生额|借方金额|"
            "支出|支出金额|付款金额|支取|支取金额",
        ),
        _column(
            "credit",
            FieldKind.NUMBER,
            "Credit|Credits|Deposits|Deposit|Money in|Paid in|Receipts|Payments|"
            "Haben|Betrag Haben|Gutschrift|Zu Ihren Gunsten|Eingang|Crédit|贷方|贷方发生额|"
            "贷方金额|收入|收入金额|存入|收款金额",
        ),
        _column(
            "amount",
            FieldKind.NUMBER,
            "Amount|Transaction amount|Betrag|Umsatz|Montant|交易金额|金额|发生额|Amount in EUR|Betrag in EUR",
        ),
        _column(
            "balance",
            FieldKind.NUMBER,
            "Balance|Running balance|Saldo|Kontostand|Solde|余额|账户余额|帐户余额|联机余额|结余",
        ),
    ),
)
