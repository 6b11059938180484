variable "port" {
  type = number

  validation {
    condition     = var.port > 0 && var.port < 65536
    error_message = "A port is between 1 and 65535."
  }
}

resource "terraform_data" "a" {
  input = var.port

  lifecycle {
    precondition {
      condition     = var.port != 22
      error_message = "Port 22 is taken."
    }
    postcondition {
      condition     = self.output != 23
      error_message = "Port 23 is not wanted."
    }
  }
}
