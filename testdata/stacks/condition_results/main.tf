variable "n" {
  validation {
    condition     = var.n > 0
    error_message = "n is not positive"
  }
}

resource "terraform_data" "none" {
  count = 0
  lifecycle {
    precondition {
      condition     = count.index == var.n
      error_message = "nobody"
    }
  }
}

resource "terraform_data" "a" {
  count = 2
  input = var.n + count.index
  lifecycle {
    precondition {
      condition     = var.n != 4
      error_message = "four"
    }
    postcondition {
      condition     = self.output < 6
      error_message = "too large: ${self.output}"
    }
  }
}

output "o" {
  value = 1
  precondition {
    condition     = length(terraform_data.a[0].id) + terraform_data.a[1].output > 1
    error_message = "short"
  }
}
