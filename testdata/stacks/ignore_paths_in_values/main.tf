variable "v" {
  type    = number
  default = 1
}

resource "terraform_data" "key_of_object" {
  input = { x = 1, y = var.v }
  lifecycle {
    ignore_changes = [input["x"]]
  }
}

resource "terraform_data" "key_deep_in_object" {
  input = { x = { p = 1, q = var.v }, y = 1 }
  lifecycle {
    ignore_changes = [input.x["p"]]
  }
}

resource "terraform_data" "key_on_the_way" {
  input = { x = { p = var.v } }
  lifecycle {
    ignore_changes = [input["x"].p]
  }
}

resource "terraform_data" "name_in_map" {
  input = tomap({ x = var.v })
  lifecycle {
    ignore_changes = [input.x]
  }
}

resource "terraform_data" "key_of_map" {
  input = tomap({ x = var.v, y = 1 })
  lifecycle {
    ignore_changes = [input["x"]]
  }
}

resource "terraform_data" "name_in_object" {
  input = { x = var.v, y = 1 }
  lifecycle {
    ignore_changes = [input.x]
  }
}

resource "terraform_data" "element" {
  input = [0, { q = var.v, r = var.v }]
  lifecycle {
    ignore_changes = [input[1]["q"]]
  }
}
