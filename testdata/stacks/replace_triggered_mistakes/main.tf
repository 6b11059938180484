variable "i" {
  default = 0
}

resource "terraform_data" "many" {
  count = 2
}

resource "terraform_data" "a" {
  for_each = { k = "x" }
  lifecycle {
    replace_triggered_by = [
      terraform_data.many[var.i],
      terraform_data.many[each.value],
      terraform_data.many["${each.key}"],
      terraform_data.many[each.key],
    ]
  }
}
