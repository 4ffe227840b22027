from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    corner_card_number = fields.Char(string="Loyalty card", index="btree_not_null")
