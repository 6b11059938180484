variable "own" {
  type = number
}

variable "other" {
  type = number
}

resource "terraform_data" "other" {
  input = var.other
}

resource "terraform_data" "a" {
  triggers_replace = var.own
  lifecycle {
    replace_triggered_by = [terraform_data.other]
  }
}
